/** Formats rows as aligned columns. */
import { printableInLine } from './printable.ts';

export type Align = 'left' | 'right';

/**
 * @returns one line per row, the head first. Columns are two spaces apart; the last is not padded.
 */
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

/** Records may come from a newer service, so a cell may not be text. */
function cellText(cell: unknown): string {
  return printableInLine(typeof cell === 'string' ? cell : (JSON.stringify(cell) ?? ''));
}
