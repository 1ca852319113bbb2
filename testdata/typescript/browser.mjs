// A client whose user has a browser, and agrees to what the provider's page asks.
export class BrowserProvider {
  redirectUrl = 'http://127.0.0.1/callback';
  clientMetadata = {
    client_name: 'test',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  #saved = {};

  constructor(fetch) { this.fetch = fetch; }

  state() { return 'state'; }
  clientInformation() { return this.#saved.client; }
  saveClientInformation(client) { this.#saved.client = client; }
  tokens() { return this.#saved.tokens; }
  saveTokens(tokens) { this.#saved.tokens = tokens; }
  codeVerifier() { return this.#saved.verifier; }
  saveCodeVerifier(verifier) { this.#saved.verifier = verifier; }

  async redirectToAuthorization(page) {
    const response = await this.fetch(page, { redirect: 'manual' });
    this.callback = new URL(response.headers.get('location')).searchParams;
  }
}
