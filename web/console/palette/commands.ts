/** What can be typed: a view, a version, a language, the end of the session. */
export interface Command {
  readonly id: string;
  readonly label: string;
  run(): void;
}

/** Most that are offered at once. */
const SHOWN = 12;

/** Those that hold every word of what was typed, in their order. */
export function matching(commands: readonly Command[], typed: string): readonly Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return commands
    .filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)))
    .slice(0, SHOWN);
}
