// What a person does with an MCP client, done with the official one. Standard input
// says how, standard output what came of it, both in JSON; go test judges.
import { readFileSync } from 'node:fs';
import { BrowserProvider } from './browser.mjs';

const config = JSON.parse(readFileSync(0, 'utf8'));
const sdk = await import(`./sdk${config.sdk}.mjs`);
const report = { sdk: sdk.version, trace: [], progress: [], asked: [], errors: [] };

// trace is the fetch that everything goes through.
async function trace(url, init) {
  const response = await fetch(url, init);
  report.trace.push(`${init?.method ?? 'GET'} ${String(url).split('?')[0]} ${response.status}`);
  return response;
}

function login() {
  switch (config.login) {
    case 'browser':
      return new BrowserProvider(trace);
    case 'robot':
      return new sdk.ClientCredentialsProvider(config.robot);
  }
}

const provider = login();
const url = new URL(config.url);

function open() {
  const transport = new sdk.StreamableHTTPClientTransport(url, {
    fetch: trace,
    authProvider: provider,
    requestInit: { headers: config.headers },
  });
  const client = sdk.makeClient(request => {
    report.asked.push(request.params.message);
    return { action: 'accept', content: { name: 'Ada' } };
  }, config.revision);
  client.onerror = error => report.errors.push(String(error));
  return { client, transport };
}

// connect logs in if the server asks for that, as the SDK's documentation says.
async function connect() {
  const { client, transport } = open();
  try {
    await client.connect(transport);
    return { client, transport };
  } catch (error) {
    if (!(error instanceof sdk.UnauthorizedError) || !provider?.callback) throw error;
    await sdk.finishLogin(transport, provider.callback);
    report.errors.length = 0; // the one that asked for the login
  }
  const again = open();
  await again.client.connect(again.transport);
  return again;
}

const text = result => result.content[0].text;

async function use({ client, transport }) {
  report.revision = sdk.revision(client, transport);
  report.tools = (await client.listTools()).tools.map(tool => tool.name).sort();
  const who = async () => (await sdk.callTool(client, { name: 'whoami' })).structuredContent;
  report.whoami = await who();
  report.countdown = text(await sdk.callTool(client, { name: 'countdown', arguments: { from: 3, interval_ms: 1 } }, {
    onprogress: ({ progress, total }) => report.progress.push(`${progress}/${total}`),
  }));
  report.greeting = text(await sdk.callTool(client, { name: 'ask_name' }));
  report.session = transport.sessionId;
  if (report.session) await listens();
  if (config.stepUp) await stepUp(client, transport);
  if (config.expired) {
    provider.saveTokens({ ...provider.tokens(), access_token: config.expired });
    report.trace.length = 0;
    report.whoamiAgain = await who();
    report.sessionAgain = transport.sessionId;
  }
}

// stepUp calls a tool for which the login was not wide enough, and logs in once more if
// the SDK asks for that.
async function stepUp(client, transport) {
  report.trace.length = 0;
  const call = async () => text(await sdk.callTool(client, { name: config.stepUp }));
  try {
    report.steppedUp = await call();
  } catch (error) {
    if (!(error instanceof sdk.UnauthorizedError)) throw error;
    await sdk.finishLogin(transport, provider.callback);
    report.errors.length = 0; // the one that asked for the login
    report.steppedUp = await call();
  }
  report.sessionAgain = transport.sessionId;
}

// listens waits for the stream that the SDK opens beside the calls of a session.
async function listens() {
  while (!report.trace.some(step => step.startsWith('GET ' + url))) {
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

try {
  const session = await connect();
  await use(session);
  if (report.session) await session.transport.terminateSession();
  await session.client.close();
} catch (error) {
  report.failure = { status: error.status ?? error.code, message: String(error) };
}
process.stdout.write(JSON.stringify(report), () => process.exit()); // whatever is still open
