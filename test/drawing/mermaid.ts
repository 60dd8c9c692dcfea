/** Flowcharts in Mermaid, which code hosts draw within a page: https://mermaid.js.org/syntax/flowchart.html */

export type Shape = 'box' | 'store' | 'queue' | 'edge' | 'secret' | 'trigger' | 'person';

export interface Node {
  readonly id: string;
  readonly label: string;
  readonly shape: Shape;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  /** Broken: what happens only where something fails, or what is gone at run time. */
  readonly broken?: boolean;
}

const BRACKETS: Readonly<Record<Shape, readonly [string, string]>> = {
  box: ['[', ']'],
  store: ['[(', ')]'],
  queue: ['[[', ']]'],
  edge: ['([', '])'],
  secret: ['{{', '}}'],
  trigger: ['>', ']'],
  person: ['((', '))'],
};

/** Nodes and arrows in the order of their names, so that the same chart is always the same text. */
export function flowchart(
  direction: 'LR' | 'TD',
  nodes: readonly Node[],
  arrows: readonly Arrow[],
): string {
  const sorted = [...nodes].sort((one, other) => compare(one.id, other.id));
  return [
    `flowchart ${direction}`,
    ...sorted.map(
      ({ id, label, shape }) => `  ${nameOf(id)}${BRACKETS[shape].join(quoted(label))}`,
    ),
    ...[...new Set(arrows.map(line))].sort(compare),
  ].join('\n');
}

function line({ from, to, label, broken = false }: Arrow): string {
  const shaft = broken ? '-.->' : '-->';
  return `  ${nameOf(from)} ${shaft}${label === undefined ? '' : `|${label}|`} ${nameOf(to)}`;
}

/** https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters */
function quoted(label: string): string {
  return `"${label.replaceAll('"', '#quot;')}"`;
}

/** Mermaid takes letters, digits and underscores; `end` is a word of its own, which a prefix keeps us from. */
function nameOf(id: string): string {
  return `n_${id.replaceAll(/\W/g, '_')}`;
}

/** By code units: the same everywhere, whatever the language of the machine. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
