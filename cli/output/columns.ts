/** Rows as aligned columns. */
import { printableInLine } from './printable.ts';

export type Align = 'left' | 'right';

/** @returns a line a row, the head first; columns are two spaces apart and the last one is not padded */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
): readonly string[] {
  const all = [head, ...rows].map((row) => row.map(cellText));
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (align[column] === 'right') return cell.padStart(width);
        return column === row.length - 1 ? cell : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Records come from a service, perhaps a newer one: a cell may be something else than text. */
function cellText(cell: unknown): string {
  return printableInLine(typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? ''));
}
