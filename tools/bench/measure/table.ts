/** The table that the benchmark prints: a figure, what it is set against, the goal, and whether it is met. */

export interface Row {
  readonly what: string;
  readonly figure: string;
  readonly goal: string;
  readonly met: boolean | undefined;
}

const rows: Row[] = [];

/** Prints a row at once and keeps it for the table at the end. */
export function report(row: Row): void {
  rows.push(row);
  console.log(formatRow(row));
}

/** A ratio against its goal. */
export function reportRatio(what: string, ratio: number, goal: number, detail: string): void {
  report({
    what,
    figure: `${ratio.toFixed(2)} (${detail})`,
    goal: `>= ${goal}`,
    met: ratio >= goal,
  });
}

/** A figure that must stay below its goal. */
export function reportBelow(
  what: string,
  figure: number,
  goal: number,
  unit: string,
  detail = '',
): void {
  const shown = `${figure.toFixed(figure < 10 ? 2 : 0)} ${unit}${detail === '' ? '' : ` (${detail})`}`;
  report({ what, figure: shown, goal: `< ${goal} ${unit}`, met: figure < goal });
}

export function printTable(): void {
  console.log('\n| what | figure | goal | met |\n| --- | --- | --- | --- |');
  for (const row of rows) {
    const met = row.met === undefined ? '-' : row.met ? 'yes' : 'NO';
    console.log(`| ${row.what} | ${row.figure} | ${row.goal} | ${met} |`);
  }
}

function formatRow(row: Row): string {
  const met = row.met === undefined ? '' : row.met ? 'met' : 'NOT MET';
  return `${row.what}: ${row.figure}; goal ${row.goal} ${met}`;
}
