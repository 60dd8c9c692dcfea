/**
 * `npm run e2e:stack -- STACK`: verifies a deployed stack over HTTPS with ordinary AWS credentials,
 * removes what it made, and prints what was verified. docs/e2e-stack.md says more.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readStackOutputs } from '../storage/aws/stack-outputs.ts';
import { DeployedStack } from '../test/support/deployed/deployed-stack.ts';
import { cleanUp, type Removed } from './e2e-stack/clean-up.ts';
import { makeFirstToken } from './e2e-stack/first-token.ts';
import { formatReport, isVerified, rowsOf } from './e2e-stack/report.ts';
import { readFound, runTests } from './e2e-stack/run-tests.ts';
import { skipsFor } from './e2e-stack/skips.ts';
import { EVERY_RUN, type StackRun, writeRun } from './e2e-stack/stack-run.ts';
import { readStageFacts } from './e2e-stack/stage-facts.ts';

const USAGE = `npm run e2e:stack -- STACK [--json FILE]
npm run e2e:stack -- STACK --clean

Verifies a deployed stack, and removes what it made; --clean removes what runs left that were killed.
Uses AWS credentials and the region as the AWS CLI does. Takes some minutes and costs some cents.
Exit codes: 0 verified, 1 something failed, 2 misuse, 3 something could not be removed, 130 stopped.
`;
const EXIT = { verified: 0, failed: 1, misuse: 2, left: 3, stopped: 130 } as const;
/** How the name of the first token of every run begins. */
const TOKEN_NAME = 'stowage e2e:stack ';
/** Where a run is killed, its token ends by itself. */
const TOKEN_HOURS = 2;
const HOUR_MS = 3_600_000;
/** For pages that the stage does not know. */
const NO_ORIGIN = 'https://pages.example.com';

process.exitCode = await main();

async function main(): Promise<number> {
  const { stackName, isClean, json } = readArguments() ?? {};
  if (stackName === undefined) {
    process.stderr.write(USAGE);
    return EXIT.misuse;
  }
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) {
      say(`what is left is removed by: npm run e2e:stack -- ${stackName} --clean`);
      process.exit(EXIT.stopped);
    }
    say('stopped; removing what was made (again Ctrl-C: leave it)');
    controller.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const region = process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'];
    const outputs = await readStackOutputs(stackName, region ? { region } : {});
    const account = { region: outputs['Region'] ?? region ?? '' };
    const stack = await DeployedStack.read(account, stackName, outputs);
    if (isClean) return await removed(stack, EVERY_RUN, TOKEN_NAME);
    return await verify(stack, stackName, controller.signal, json);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return EXIT.failed;
  }
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { clean: { type: 'boolean' }, json: { type: 'string' } },
    });
    const [stackName, ...others] = positionals;
    if (others.length > 0) return undefined;
    return { stackName, isClean: values.clean === true, json: values.json };
  } catch {
    return undefined;
  }
}

async function verify(
  stack: DeployedStack,
  stackName: string,
  signal: AbortSignal,
  json: string | undefined,
): Promise<number> {
  const id = randomBytes(4).toString('hex');
  const [versionPrefix, tokenName] = [`${EVERY_RUN}${id}-`, TOKEN_NAME + id];
  const facts = await readStageFacts(stack);
  const folder = await mkdtemp(join(tmpdir(), 'stowage-e2e-stack-'));
  let code: number = EXIT.stopped;
  const expiresAt = new Date(Date.now() + TOKEN_HOURS * HOUR_MS).toISOString();
  try {
    const { token } = await makeFirstToken(stack, tokenName, expiresAt);
    const run: StackRun = {
      stackName,
      region: stack.account.region,
      outputs: stack.outputs,
      versionPrefix,
      adminToken: token,
      tokensExpireAt: expiresAt,
      corsOrigin: facts.corsOrigin ?? NO_ORIGIN,
      startedAt: new Date().toISOString(),
      skips: skipsFor(facts, await ownRelease()),
    };
    await writeRun(folder, run);
    say(`${stackName} at ${stack.output('ApiUrl')}: versions ${versionPrefix}*`);
    await runTests(folder, run, signal);
    const { results, remarks, traffic } = await readFound(folder);
    const rows = rowsOf(run, results, remarks);
    process.stdout.write(formatReport(run, rows, traffic));
    if (json !== undefined) await writeFile(json, `${JSON.stringify({ stackName, rows })}\n`);
    if (!signal.aborted) code = isVerified(rows) ? EXIT.verified : EXIT.failed;
  } finally {
    const left = await removed(stack, versionPrefix, tokenName);
    if (left !== EXIT.verified && code === EXIT.verified) code = left;
    await rm(folder, { recursive: true });
    stack.close();
  }
  return code;
}

/** @returns the exit code of this alone */
async function removed(
  stack: DeployedStack,
  versionPrefix: string,
  tokenName: string,
): Promise<number> {
  try {
    const { tokens, records, objects }: Removed = await cleanUp(stack, versionPrefix, tokenName);
    say(`removed: ${tokens} tokens, ${records} records, ${objects} versions of objects`);
    return EXIT.verified;
  } catch (error) {
    say(`not everything could be removed: ${error instanceof Error ? error.message : error}`);
    say('try again with --clean');
    return EXIT.left;
  }
}

async function ownRelease(): Promise<string> {
  const file = join(import.meta.dirname, '..', 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { readonly version: string }).version;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
