import { generateKeyPair, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

const kinds = [
  ['rsa', { modulusLength: 2048 }, 'RS256'],
  ['ec', { namedCurve: 'P-256' }, 'ES256'],
];

// A generation is one key of each kind.
async function generation() {
  return Promise.all(kinds.map(async ([type, options, alg]) => {
    const { privateKey } = await generate(type, options);
    return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg };
  }));
}

// Keys are generations, the newest first: it signs, and the others are only published.
export class Keys {
  #generations = [];

  async rotate() { this.#generations.unshift(await generation()); }

  retire() { this.#generations.pop(); }

  set() { return { keys: this.#generations.flat() }; }
}
