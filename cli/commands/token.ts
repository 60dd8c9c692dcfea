/** `stowage token`: creates, lists and revokes tokens. */

import { type Command, Option } from 'commander';
import { itemsOf } from '../../client/pages.ts';
import type { CreatedToken, TokenBody } from '../../client/stowage-client.ts';
import type { IssuedToken, NewToken } from '../../core/access/tokens.ts';

import {
  type Cli,
  inSession,
  type RemoteFlags,
  type Session,
  withRemoteFlags,
} from '../command/cli.ts';
import { parseAge } from '../command/flags.ts';
import { expiresAtOf, expiryOrNever, makeExpiring } from '../command/token-expiry.ts';
import { type FoundStack, findStack } from '../connection/find-stack.ts';
import { columns } from '../output/columns.ts';
import { failure, misuse } from '../output/fault.ts';
import { Output } from '../output/output.ts';
import { TOKEN_COLUMNS, tokenRows } from '../output/token-tree.ts';
import { addTokenGrant } from './token-grant.ts';

const SCOPES = ['read', 'publish', 'release', 'admin'] as const;
type Scope = (typeof SCOPES)[number];
/** What the list names as the maker of a token that no token made. */
const MADE_BY = 'stowage';

interface RemoveFlags extends RemoteFlags {
  readonly keepChildren?: boolean;
}

interface ListFlags extends RemoteFlags {
  /** RFC 3339 */
  readonly unused?: string;
}

interface CreateFlags extends RemoteFlags {
  readonly name: string;
  readonly scope: Scope;
  readonly versions?: string;
  readonly expires?: string;
}

type ShownToken = Pick<CreatedToken, 'tokenId' | 'token' | 'expiresAt'>;

export function addToken(program: Command, cli: Cli): void {
  const token = program.command('token').description('tokens: who may do what');
  withRemoteFlags(token.command('create'))
    .description('make a token; its text is shown this once')
    .requiredOption('--name <name>', 'what it is for, such as "release pipeline"')
    .addOption(
      new Option(
        '--scope <scope>',
        'admin includes release (which moves channels) includes publish includes read',
      )
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .option('--versions <pattern>', "only for versions that match, such as '1.*'")
    .option(
      '--expires <when>',
      'such as 1y (m, h, d, w, y), 2027-01-31T00:00:00Z or never (default: 90d)',
      expiryOrNever,
    )
    .addHelpText(
      'after',
      '\nWith --stack the token is written straight into the table of that stack, with your AWS credentials (dynamodb:GetItem, PutItem and Query): so\n' +
        'the first admin token is made, and no token is asked for.\nWithout --expires a token lives 90 days, but no longer than the token that makes it.\nOnly the token goes to stdout, so that TOKEN=$(stowage token create ...) works.\nWith --json: the token and its record.',
    )
    .action((flags: CreateFlags) =>
      flags.stack === undefined
        ? inSession(cli, flags, (session) => create(session, flags))
        : createInStack(cli, flags, flags.stack),
    );
  addTokenGrant(token, cli);
  withRemoteFlags(token.command('ls'))
    .description(
      'list tokens, without their secrets, each below its PARENT: the token with which it is revoked',
    )
    .option('--unused <time>', 'only those that were not used for so long, such as 90d', parseAge)
    .addHelpText(
      'after',
      '\nA server on one machine keeps the last day on which each token was used; DynamoDB keeps none.\nWith --json: one document, {items: [...]}.',
    )
    .action((flags: ListFlags) => inSession(cli, flags, (session) => list(session, flags)));
  withRemoteFlags(token.command('rm'))
    .description(
      'revoke tokens and the tokens that they made; in force within 60 seconds everywhere',
    )
    .argument('<tokenId...>')
    .option('--keep-children', 'keep the tokens that they made')
    .addHelpText('after', '\nWith --json: one line a token, {tokenId}.')
    .action((ids: readonly string[], flags: RemoveFlags) =>
      inSession(cli, flags, (session) => remove(session, ids, flags)),
    );
}

async function create(
  { client, connection, output, signal }: Session,
  flags: CreateFlags,
): Promise<void> {
  const { name, scope, versions, expires } = flags;
  const limit = versions === undefined ? {} : { versions };
  const made = await makeExpiring(client, connection.token, expires, (expiresAt) => {
    const end = expiresAt === undefined ? {} : { expiresAt };
    return client.createToken({ name, scopes: [scope], ...limit, ...end }, { signal });
  });
  show(output, made, flags);
}

/** Anyone who may write the table may create any token, so this needs no token. */
async function createInStack(cli: Cli, flags: CreateFlags, stackName: string): Promise<void> {
  const { name, scope, versions, expires } = flags;
  if (flags.url !== undefined || flags.tokenFile !== undefined || flags.token !== undefined) {
    throw misuse(
      'with --stack a token is made by your AWS credentials: give none of --url, --token-file and --token',
    );
  }
  const stack = await findStack(stackName, cli.env);
  const now = new Date();
  const wanted = { name, scopes: [scope], versions, expiresAt: expiresAtOf(expires, now) };
  const { record, token } = await issueInTable(stack, wanted, now);
  const { secretSha256: _, makers: __, ...shown } = record;
  show(new Output(cli, flags.json === true), { ...shown, token }, flags);
}

async function issueInTable(stack: FoundStack, wanted: NewToken, now: Date): Promise<IssuedToken> {
  const { issueToken } = await import('../../core/access/tokens.ts');
  const { DynamoCatalog } = await import('../../storage/dynamo/dynamo-catalog.ts');
  const { dynamoClient } = await import('../../storage/dynamo/dynamo-client.ts');
  const client = dynamoClient({ region: stack.output('Region') });
  const catalog = new DynamoCatalog({ client, tableName: stack.output('TableName') });
  try {
    const issued = issueToken(wanted, MADE_BY, now, [], await catalog.newTokenId());
    if (!(await catalog.createToken(issued.record)))
      throw failure('CONFLICT', 'a token with that id exists; run it again');
    return issued;
  } finally {
    await catalog.close();
  }
}

function show(output: Output, made: ShownToken, { scope }: CreateFlags): void {
  const { tokenId, token, expiresAt } = made;
  output.document(made);
  output.note(
    `token ${tokenId} (${scope}, ${expiresAt === undefined ? 'no expiry' : `until ${expiresAt}`}); it is shown this once:`,
  );
  output.line(token);
}

async function list(
  { client, connection, output, signal }: Session,
  { unused }: ListFlags,
): Promise<void> {
  const all = await itemsOf(client.listTokens({ limit: 1000, signal }));
  if (unused !== undefined && all.some(({ usage }) => usage === undefined)) {
    throw failure('NOT_SUPPORTED', `${connection.url} does not keep the last use of tokens`, {
      hint: 'servers on one machine keep it from this release on; on AWS, search the log of the functions for the tokenId',
    });
  }
  const items = unused === undefined ? all : all.filter((token) => isUnused(token, unused));
  const since = all[0]?.usage?.since;
  if (unused !== undefined && since !== undefined && since > unused)
    output.note(`uses are noted since ${since} alone, so no token counts as unused yet`);
  output.document({ items });
  for (const line of columns(TOKEN_COLUMNS, tokenRows(items))) output.line(line);
}

/** Neither made nor used since `time`, and not expired. */
function isUnused({ usage, createdAt, expiresAt }: TokenBody, time: string): boolean {
  const isOver = expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
  const latest = [createdAt, usage?.since ?? '', usage?.lastDay ?? ''].toSorted().at(-1) ?? '';
  return !isOver && latest < time;
}

async function remove(
  { client, output, signal }: Session,
  tokenIds: readonly string[],
  { keepChildren = false }: RemoveFlags,
): Promise<void> {
  for (const tokenId of tokenIds) {
    await client.deleteToken(tokenId, { signal, keepChildren });
    output.document({ tokenId });
    output.line(`${tokenId}: revoked`);
  }
}
