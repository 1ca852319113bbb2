// Version 2 of the official SDK, which is the first to speak revision 2026-07-28.
import { readFileSync } from 'node:fs';
import {
  Client, ClientCredentialsProvider, StreamableHTTPClientTransport, UnauthorizedError,
} from '@modelcontextprotocol/client';

export { ClientCredentialsProvider, StreamableHTTPClientTransport, UnauthorizedError };

export const version = JSON.parse(readFileSync('node_modules/@modelcontextprotocol/client/package.json', 'utf8')).version;

export const makeClient = (answer, revision) => {
  const client = new Client({ name: 'test', version: '1' }, {
    capabilities: { elicitation: {} },
    ...(revision && { versionNegotiation: { mode: { pin: revision } } }),
  });
  client.setRequestHandler('elicitation/create', answer);
  return client;
};

export const callTool = (client, params, options) => client.callTool(params, options);

export const finishLogin = (transport, callback) => transport.finishAuth(callback);

export const revision = client => client.getNegotiatedProtocolVersion();
