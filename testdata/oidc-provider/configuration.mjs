import { randomBytes } from 'node:crypto';
import { Memory } from './memory.mjs';

const scopes = 'read write admin';
const cookieKeys = [randomBytes(32).toString('hex')]; // logins outlive a change of the keys

// What access tokens look like is a matter of the resource; here, so that one resource
// sees all kinds, the client decides.
const app = (id, more) => ({
  client_id: id,
  application_type: 'native',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['http://127.0.0.1/callback'],
  token_endpoint_auth_method: 'none',
  scope: `openid offline_access ${scopes}`,
  ...more,
});

// A robot is a client that is no person.
const robot = (id, more) => ({
  client_id: id,
  client_secret: `${id}-secret-canary`,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  scope: scopes,
  ...more,
});

const clients = [
  app('app'),
  app('app-opaque', { token_format: 'opaque' }),
  robot('robot-rs256', { token_alg: 'RS256' }),
  robot('robot-es256', { token_alg: 'ES256' }),
  robot('robot-opaque', { token_format: 'opaque' }),
  robot('robot-dpop', { dpop_bound_access_tokens: true }),
  robot('robot-dpop-opaque', { dpop_bound_access_tokens: true, token_format: 'opaque' }),
  robot('resource-server', { grant_types: [], scope: undefined }), // it asks about tokens, and gets none
];

export const configuration = jwks => ({
  adapter: Memory,
  clients,
  cookies: { keys: cookieKeys },
  extraClientMetadata: { properties: ['token_alg', 'token_format'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (ctx, client) => client.clientId === 'resource-server' },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource, client) => ({
        audience: resource,
        scope: scopes,
        accessTokenFormat: client.token_format ?? 'jwt',
        jwt: { sign: { alg: client.token_alg ?? 'RS256' } },
      }),
    },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: false },
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  jwks,
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access', ...scopes.split(' ')],
});
