/** Reads the control files of apt: fields of one line, and fields whose lines are indented. */

interface ControlField {
  /** From 1. */
  readonly line: number;
  /** What follows the colon. */
  readonly value: string;
  /** The indented lines, with their numbers. */
  readonly more: readonly { readonly line: number; readonly text: string }[];
}

/** The fields of one paragraph, by name in lower case. */
export type Paragraph = ReadonlyMap<string, ControlField>;

interface Reading {
  readonly onFault: (line: number, detail: string) => void;
  /** The number of the first line. */
  readonly firstLine?: number;
}

export function paragraphsOf(
  text: string,
  { onFault, firstLine = 1 }: Reading,
): readonly Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let fields = new Map<string, ControlField & { more: { line: number; text: string }[] }>();
  let last: { more: { line: number; text: string }[] } | undefined;
  const end = () => {
    if (fields.size > 0) paragraphs.push(fields);
    fields = new Map();
    last = undefined;
  };
  for (const [at, raw] of text.split('\n').entries()) {
    const line = firstLine + at;
    if (raw.endsWith('\r')) {
      onFault(line, 'ends in CRLF, which apt does not allow; save it with LF');
      return paragraphs;
    }
    if (raw.trim() === '') end();
    else if (/^[ \t]/.test(raw) && last !== undefined) last.more.push({ line, text: raw.trim() });
    else if (!raw.startsWith('#')) {
      const [, name, value] = /^([!-9;-~]+):[ \t]*(.*)$/.exec(raw) ?? [];
      if (name === undefined || value === undefined) {
        onFault(line, 'is no field "Name: value"');
        return paragraphs;
      }
      const known = name.toLowerCase();
      if (fields.has(known)) onFault(line, `has the field ${name} twice in one paragraph`);
      last = { more: [] };
      fields.set(known, { line, value: value.trim(), more: last.more });
    }
  }
  end();
  return paragraphs;
}
