/** Tokens as rows of a table, each below its parent. */
import type { TokenBody } from '../../client/stowage-client.ts';

export const TOKEN_COLUMNS = [
  'TOKEN',
  'SCOPE',
  'VERSIONS',
  'EXPIRES',
  'CREATED',
  'PARENT',
  'NAME',
] as const;

/** Keeps the order of the list, but puts children after their parent, with indented names. */
export function tokenRows(tokens: readonly TokenBody[]): readonly (readonly string[])[] {
  const ids = new Set(tokens.map(({ tokenId }) => tokenId));
  const children = Map.groupBy(tokens, (token) => {
    const parentId = parentOf(token, ids);
    return parentId !== undefined && ids.has(parentId) ? parentId : undefined;
  });
  const rows: (readonly string[])[] = [];
  const shown = new Set<TokenBody>();
  const show = (token: TokenBody, depth: number) => {
    if (shown.has(token)) return;
    shown.add(token);
    rows.push(rowOf(token, parentOf(token, ids), depth));
    for (const child of children.get(token.tokenId) ?? []) show(child, depth + 1);
  };
  for (const root of children.get(undefined) ?? []) show(root, 0);
  // Every token is shown, even if the list is damaged.
  for (const token of tokens) show(token, 0);
  return rows;
}

/**
 * A service of an earlier release names only the maker. If no token made it, its maker is not in
 * the list.
 */
function parentOf(
  { parentId, createdBy }: TokenBody,
  ids: ReadonlySet<string>,
): string | undefined {
  return parentId ?? (ids.has(createdBy) ? createdBy : undefined);
}

function rowOf(token: TokenBody, parentId: string | undefined, depth: number): readonly string[] {
  const { tokenId, name, scopes, versions, upload, expiresAt, createdAt } = token;
  const indented = `${'  '.repeat(depth)}${name}`;
  return [
    tokenId,
    upload === undefined ? scopes.join(',') : 'one upload',
    versions ?? '*',
    expiresAt ?? 'never',
    createdAt,
    parentId ?? '-',
    indented,
  ];
}
