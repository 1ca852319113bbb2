// Where the provider keeps what it handed out. It is apart from the provider, because a
// provider is made anew when its keys change, and its tokens and sessions stay.
export class Memory {
  static #all = new Map();

  constructor(model) { this.model = model; }

  #of(id) { return `${this.model}:${id}`; }

  #where(match) { return [...Memory.#all].find(([, kept]) => kept.model === this.model && match(kept.payload)); }

  // What has ended is the provider's to see: it compares "exp" itself.
  async upsert(id, payload) { Memory.#all.set(this.#of(id), { model: this.model, payload }); }

  async find(id) { return Memory.#all.get(this.#of(id))?.payload; }

  async findByUid(uid) { return this.#where(payload => payload.uid === uid)?.[1].payload; }

  async findByUserCode(code) { return this.#where(payload => payload.userCode === code)?.[1].payload; }

  async consume(id) { (await this.find(id)).consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { Memory.#all.delete(this.#of(id)); }

  async revokeByGrantId(grantId) {
    for (const [key, { model, payload }] of Memory.#all) {
      if (model === this.model && payload.grantId === grantId) Memory.#all.delete(key);
    }
  }
}
