/** A parsed YAML or JSON text in which every value knows its line. */

interface Placed {
  /** From 1. */
  readonly line: number;
}

interface MapNode extends Placed {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Node>;
}

interface ListNode extends Placed {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

interface ScalarNode extends Placed {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written: `1.10` is the number 1.1. */
  readonly text: string;
}

export type Node = MapNode | ListNode | ScalarNode;

/** The value under a key of a map; undefined where there is none, or `node` is no map. */
export function field(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined;
}

/** The text of a scalar that is not null. */
export function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== null ? node.text : undefined;
}

/** What a message shows of a value. */
export function describe(node: Node | undefined): string {
  if (node === undefined) return 'nothing';
  if (node.kind === 'scalar') return node.value === null ? 'null' : JSON.stringify(node.value);
  return `a ${node.kind}`;
}
