/**
 * Turns one field of a record into an attribute of an item, and back. Knows no particular record.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Readonly<Record<string, AttributeValue>>;

/**
 * `text` is plain text that the service itself made. Text that people wrote (`words`) is stored as
 * JSON, like values with parts: JSON escapes half a surrogate pair, which JavaScript's strings may
 * contain and UTF-8 may not, and is never empty.
 */
export type Kind = 'text' | 'number' | 'words' | 'object' | 'list' | 'flag';

type OptionalKind = `${Kind}?`;

/**
 * The kind of every field of a record, with `?` if it may be absent. The compiler keeps it
 * complete.
 */
export type Fields<Rec> = {
  readonly [Name in keyof Rec]-?: Record<never, never> extends Pick<Rec, Name>
    ? OptionalKind
    : Kind;
};

export function attributeOf(kind: Kind | OptionalKind, value: unknown): AttributeValue {
  switch (baseOf(kind)) {
    case 'text':
      return { S: String(value) };
    case 'number':
      return { N: String(value) };
    default:
      return { S: JSON.stringify(value) };
  }
}

/** @returns undefined when the attribute is not of this kind */
export function fieldOf(kind: Kind | OptionalKind, attribute: AttributeValue): unknown {
  const base = baseOf(kind);
  if (base === 'text') return attribute.S;
  if (base === 'number') return attribute.N === undefined ? undefined : wholeNumber(attribute.N);
  const value = parseJson(attribute.S);
  return isOf(base, value) ? value : undefined;
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The caller reports it, with the name of the field and the record.
    return undefined;
  }
}

function isOf(kind: Exclude<Kind, 'text' | 'number'>, value: unknown): boolean {
  switch (kind) {
    case 'words':
      return typeof value === 'string';
    case 'flag':
      return value === true;
    case 'list':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
  }
}

export function isOptional(kind: Kind | OptionalKind): kind is OptionalKind {
  return kind.endsWith('?');
}

function baseOf(kind: Kind | OptionalKind): Kind {
  return (isOptional(kind) ? kind.slice(0, -1) : kind) as Kind;
}
