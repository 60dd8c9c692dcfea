/**
 * Reads XML into elements with lines. `saxes` parses, strictly and with namespaces; a document type
 * is refused, so there are no entities beside the five of XML.
 */
import { SaxesParser } from 'saxes';
import { type Fault, withoutBom } from './text.ts';

const DEPTH_MAX = 64;
const ELEMENTS_MAX = 200_000;

export interface XmlElement {
  /** The namespace; '' for none. */
  readonly uri: string;
  /** Without its prefix. */
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** By name; with a namespace, by `{namespace}name`. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside. */
  readonly text: string;
}

interface Open extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

class Refusal extends Error {}

export function parseXml(text: string): XmlElement | Fault {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: Open[] = [];
  let root: XmlElement | undefined;
  let elements = 0;
  let line = 1;
  parser.on('error', (error) => {
    throw new Refusal(`is not XML: ${error.message.replace(/^\d+:\d+: /, '').slice(0, 200)}`);
  });
  parser.on('doctype', () => {
    throw new Refusal('holds a document type (DOCTYPE), which could define entities; remove it');
  });
  parser.on('opentagstart', () => {
    line = parser.line;
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    if (open.length >= DEPTH_MAX) throw new Refusal(`is nested deeper than ${DEPTH_MAX} levels`);
    if (++elements > ELEMENTS_MAX) throw new Refusal(`holds more than ${ELEMENTS_MAX} elements`);
    const known = Object.values(attributes).map(
      (one) => [one.uri === '' ? one.local : `{${one.uri}}${one.local}`, one.value] as const,
    );
    const element: Open = {
      uri,
      name: local,
      line,
      attributes: new Map(known),
      children: [],
      text: '',
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const addText = (more: string) => {
    const innermost = open.at(-1);
    if (innermost !== undefined) innermost.text += more;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  try {
    parser.write(withoutBom(text)).close();
  } catch (error) {
    if (error instanceof Refusal) return { line: parser.line, detail: error.message };
    throw error;
  }
  return root ?? { line: 1, detail: 'is empty' };
}

/** The elements of a name (and namespace) directly inside another. */
export function childrenOf(element: XmlElement, name: string, uri?: string): readonly XmlElement[] {
  return element.children.filter(
    (child) => child.name === name && (uri === undefined || child.uri === uri),
  );
}
