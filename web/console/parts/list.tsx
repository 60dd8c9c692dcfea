/** A list with a search box, its empty state, its errors and a button for more. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../texts/texts.tsx';
import { Field } from './field.tsx';
import type { Listed } from './load.ts';
import { Loading } from './loading.tsx';
import { Problem } from './problem.tsx';

export interface ListProps<Item> {
  readonly listed: Listed<Item>;
  /** Of the table, for screen readers. */
  readonly caption: string;
  readonly searchLabel?: string | undefined;
  /** What a search looks at. */
  readonly textOf: (item: Item) => string;
  readonly columns: readonly string[];
  readonly row: (item: Item) => ComponentChildren;
  readonly empty: ComponentChildren;
}

/** While fewer than this are found, a search loads more. */
const ENOUGH = 50;

export function List<Item>(props: ListProps<Item>) {
  const { listed, caption, searchLabel, textOf, columns, row, empty } = props;
  const { t } = useWords();
  const [wanted, setWanted] = useState('');
  const needle = wanted.trim().toLowerCase();
  const found = listed.items.filter((item) => textOf(item).toLowerCase().includes(needle));
  const seeksMore =
    needle !== '' &&
    found.length < ENOUGH &&
    !listed.isWhole &&
    !listed.isLoading &&
    listed.error === undefined;
  useEffect(() => {
    if (seeksMore) listed.more();
  });
  const isEmpty = listed.isWhole && listed.items.length === 0;
  if (isEmpty) return <div class="empty">{empty}</div>;
  return (
    <>
      {searchLabel !== undefined && (
        <search>
          <Field label={searchLabel}>
            {(ids) => (
              <input
                {...ids}
                type="search"
                value={wanted}
                onInput={(event) => setWanted(event.currentTarget.value)}
              />
            )}
          </Field>
        </search>
      )}
      {found.length > 0 && (
        <table>
          <caption class="hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{found.map(row)}</tbody>
        </table>
      )}
      {listed.error !== undefined && <Problem error={listed.error} retry={listed.reload} />}
      {listed.isLoading ? (
        <Loading />
      ) : (
        <p role="status" class="quiet">
          {found.length === 0 && listed.error === undefined ? t.none : ''}
        </p>
      )}
      {!listed.isWhole && !listed.isLoading && listed.error === undefined && (
        <button type="button" onClick={listed.more}>
          {t.more}
        </button>
      )}
    </>
  );
}
