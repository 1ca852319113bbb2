// Version 1 of the official SDK, which most clients are built with.
import { readFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

export { ClientCredentialsProvider, StreamableHTTPClientTransport, UnauthorizedError };

export const version = JSON.parse(readFileSync('node_modules/@modelcontextprotocol/sdk/package.json', 'utf8')).version;

export const makeClient = answer => {
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, answer);
  return client;
};

export const callTool = (client, params, options) => client.callTool(params, undefined, options);

export const finishLogin = (transport, callback) => transport.finishAuth(callback.get('code'));

export const revision = (client, transport) => transport.protocolVersion;
