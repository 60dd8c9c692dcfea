/**
 * Reads YAML and JSON into a tree with lines. The `yaml` package parses; aliases, anchors, tags,
 * several documents and too much depth are refused before values are built, so that no text can
 * grow in memory.
 */
import type { Document, ParsedNode, Range } from 'yaml';
import { Composer, CST, isMap, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml';
import { BOM, type Fault, withoutBom } from './text.ts';
import type { Node } from './tree.ts';

const DEPTH_MAX = 64;
const LEXEMES_MAX = 600_000;

/** What the parser can meet that feeds do not need, by the type of its token. */
const REFUSED: Readonly<Record<string, string>> = {
  alias: 'an alias (*)',
  anchor: 'an anchor (&)',
  tag: 'a tag (!)',
  directive: 'a directive (%)',
};

/** A mistake that was found while walking; never leaves this file. */
class Refusal extends Error {
  readonly fault: Fault;
  constructor(line: number, detail: string) {
    super(detail);
    this.fault = { line, detail };
  }
}

/** @param text may begin with a byte order mark, which YAML allows */
export function parseYaml(text: string): Node | Fault {
  try {
    return parse(withoutBom(text));
  } catch (error) {
    if (error instanceof Refusal) return error.fault;
    throw error;
  }
}

/** Strict JSON, with lines; a key may be there once. */
export function parseJson(text: string): Node | Fault {
  if (text.startsWith(BOM)) {
    const detail = 'begins with a byte order mark, which JSON does not allow; save it without BOM';
    return { line: 1, detail };
  }
  const fault = jsonFault(text);
  if (fault === undefined) return parseYaml(text);
  const lines = text.split('\n');
  // Half of the lines at a time: V8 does not always say where the mistake is.
  let [good, bad] = [0, lines.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const begin = lines.slice(0, middle).join('\n');
    if (isUnfinished(begin, jsonFault(begin))) good = middle;
    else bad = middle;
  }
  return { line: bad, detail: `is not JSON: ${fault.slice(0, 200)}` };
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Whether the only mistake in the beginning of a text is that it ends. */
function isUnfinished(begin: string, fault: string | undefined): boolean {
  if (fault === undefined || fault.includes('end of JSON input')) return true;
  const [, position] = /at position (\d+)/.exec(fault) ?? [];
  return position !== undefined && Number(position) >= begin.trimEnd().length;
}

function parse(text: string): Node {
  const lines = new LineCounter();
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const tokens = tokensOf(text, lines, lineAt);
  const documents = [
    ...new Composer({ schema: 'core', uniqueKeys: false, merge: false }).compose(
      tokens,
      true,
      text.length,
    ),
  ];
  const [document, second] = documents;
  if (document === undefined) throw new Refusal(1, 'is empty');
  const [error] = document.errors;
  if (error !== undefined)
    throw new Refusal(lineAt(error.pos[0]), `is not readable: ${error.message.slice(0, 200)}`);
  if (second !== undefined)
    throw new Refusal(lineAt(second.range[0]), 'holds a second document; feeds have one');
  return nodeOf((document as Document.Parsed<ParsedNode>).contents, lineAt, 1);
}

function tokensOf(
  text: string,
  lines: LineCounter,
  lineAt: (offset: number) => number,
): readonly CST.Token[] {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let isContent = false;
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    const type: string | null | undefined = isContent ? undefined : CST.tokenType(lexeme);
    isContent = type === 'scalar';
    for (const token of parser.next(lexeme)) tokens.push(token);
    const refused = REFUSED[type ?? ''];
    if (refused !== undefined)
      throw new Refusal(
        lineAt(parser.offset),
        `holds ${refused}, which no feed needs; write the value itself`,
      );
    if (parser.stack.length > DEPTH_MAX)
      throw new Refusal(lineAt(parser.offset), `is nested deeper than ${DEPTH_MAX} levels`);
    if (++lexemes > LEXEMES_MAX) throw new Refusal(lineAt(parser.offset), 'holds too many values');
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function nodeOf(node: unknown, lineAt: (offset: number) => number, parentLine: number): Node {
  const line = lineOfNode(node, lineAt) ?? parentLine;
  if (isMap(node)) {
    const entries = new Map<string, Node>();
    for (const { key, value } of node.items) {
      const keyLine = lineOfNode(key, lineAt) ?? line;
      if (!isScalar(key)) throw new Refusal(keyLine, 'has a key that is no text');
      const name = String(key.value);
      if (entries.has(name))
        throw new Refusal(
          keyLine,
          `has the key ${JSON.stringify(name)} twice; readers disagree about which one counts`,
        );
      // A value is where its key is, for people: block text begins a line later.
      const child = nodeOf(value, lineAt, keyLine);
      entries.set(name, child.kind === 'scalar' ? { ...child, line: keyLine } : child);
    }
    return { kind: 'map', line, entries };
  }
  if (isSeq(node))
    return { kind: 'list', line, items: node.items.map((item) => nodeOf(item, lineAt, line)) };
  if (!isScalar(node)) return { kind: 'scalar', line, value: null, text: '' };
  const { value, source } = node;
  if (typeof value === 'string') return { kind: 'scalar', line, value, text: value };
  if (typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'scalar', line, value, text: source ?? String(value) };
  return { kind: 'scalar', line, value: null, text: '' };
}

function lineOfNode(node: unknown, lineAt: (offset: number) => number): number | undefined {
  const range = (node as { readonly range?: Range | null } | null)?.range;
  return range === undefined || range === null ? undefined : lineAt(range[0]);
}
