/** What a step of GitHub Actions reads from its runner and reports to it. */
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { misuse } from '../cli/output/fault.ts';
import { printableInLine } from '../cli/output/printable.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The commands and files of https://docs.github.com/actions/reference/workflow-commands */
export class Runner {
  readonly env: Environment;
  readonly #write: (text: string) => void;

  constructor(env: Environment, write: (text: string) => void) {
    this.env = env;
    this.#write = write;
  }

  /** @returns undefined if it is empty or not given */
  input(name: string): string | undefined {
    return this.env[`INPUT_${name.toUpperCase()}`]?.trim() || undefined;
  }

  /** @throws Fault that names the input */
  requiredInput(name: string): string {
    const value = this.input(name);
    if (value === undefined) throw misuse(`the input ${name} is missing`, 'give it below with:');
    return value;
  }

  /** @throws Fault (misuse) unless it is true, false or not given */
  flag(name: string): boolean {
    const text = this.input(name) ?? 'false';
    if (text !== 'true' && text !== 'false')
      throw misuse(`the input ${name} must be true or false, got ${JSON.stringify(text)}`);
    return text === 'true';
  }

  /** Keeps a secret out of the log from here on. */
  mask(secret: string): void {
    this.#write(`::add-mask::${escapeData(secret)}\n`);
  }

  /** A line of the log. Its text cannot be read as a command, whatever files are called. */
  line(text: string): void {
    this.#write(` ${printableInLine(text)}\n`);
  }

  warning(text: string): void {
    this.#write(`::warning title=Stowage::${escapeData(text)}\n`);
  }

  error(text: string): void {
    this.#write(`::error title=Stowage::${escapeData(text)}\n`);
  }

  output(name: string, value: string): void {
    this.#append('GITHUB_OUTPUT', entry(name, value));
  }

  /** Is given to the post step. */
  keep(name: string, value: string): void {
    this.#append('GITHUB_STATE', entry(name, value));
  }

  kept(name: string): string | undefined {
    return this.env[`STATE_${name}`] || undefined;
  }

  /** Markdown or HTML for the page of the job. */
  summary(text: string): void {
    this.#append('GITHUB_STEP_SUMMARY', `${text}\n`);
  }

  #append(file: string, text: string): void {
    const path = this.env[file];
    if (path) appendFileSync(path, text);
  }
}

/** No value can hold the delimiter, so none can end early and set another name. */
function entry(name: string, value: string): string {
  const delimiter = `end-${randomUUID()}`;
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
