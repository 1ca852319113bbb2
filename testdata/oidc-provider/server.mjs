// A real authorization server on a port of its own, for go test. Standard output says
// where, in JSON. Each line of standard input is a command, answered by a line; its end
// is ours.
//
//	rotate   sign with new keys from now on, and publish the old ones still
//	retire   publish the oldest keys no longer
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';
import { configuration } from './configuration.mjs';
import { interact } from './interaction.mjs';
import { Keys } from './keys.mjs';

const say = message => process.stdout.write(JSON.stringify(message) + '\n');

console.log = console.info = console.warn = console.error; // standard output is ours

const server = createServer((request, response) => answer(request, response));
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const { version } = createRequire(import.meta.url)('oidc-provider/package.json');
const keys = new Keys();
let answer;

// build makes a provider with the keys of this moment: one cannot change its own.
function build() {
  const provider = new Provider(issuer, configuration(keys.set()));
  provider.on('server_error', (ctx, error) => console.error(error));
  const callback = provider.callback();
  answer = (request, response) => {
    if (!request.url.startsWith('/interaction/')) return callback(request, response);
    interact(provider, request, response).catch(error => {
      console.error(error);
      response.writeHead(500).end();
    });
  };
  say({ version, issuer, kids: keys.set().keys.map(key => key.kid) });
}

const commands = {
  rotate: () => keys.rotate(),
  retire: () => keys.retire(),
};

await commands.rotate();
build();
for await (const line of createInterface({ input: process.stdin })) {
  await commands[line]();
  build();
}
process.exit();
