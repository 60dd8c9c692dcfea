/** Reads settings from text and collects the wrong ones. It knows no setting by name. */
import { ServiceError, shorten } from '../../core/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @throws INVALID_INPUT with one line per wrong setting: its name, its value (unless it is a
 *   secret), and what is allowed
 */
export function readAll<Read>(env: Environment, read: (reader: SettingsReader) => Read): Read {
  const reader = new SettingsReader(env);
  const settings = read(reader);
  if (reader.faults.length === 0) return settings;
  throw new ServiceError('INVALID_INPUT', `these settings are wrong:\n${reader.faults.join('\n')}`);
}

/** A wrong setting reads as its default, so that `readAll` can report all wrong ones together. */
export class SettingsReader {
  readonly #env: Environment;
  readonly #faults: string[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  /** @param got the text that the message shows, so it must not be a secret */
  fault(name: string, got: string, allowed: string): void {
    this.#faults.push(`${name}: got ${got}, allowed: ${allowed}`);
  }

  /** @param parse returns undefined for text that is not allowed */
  text<Value>(
    name: string,
    parse: (text: string) => Value | undefined,
    allowed: string,
  ): Value | undefined {
    const text = this.#get(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) this.fault(name, shorten(withoutCredentials(text)), allowed);
    return value;
  }

  /** Like `text`, but the message does not show the text. */
  secret(name: string, isAllowed: (text: string) => boolean, allowed: string): string | undefined {
    const text = this.#get(name);
    if (text !== undefined && !isAllowed(text))
      this.fault(name, `${text.length} characters that are not shown`, allowed);
    return text;
  }

  flag(name: string, byDefault: boolean): boolean {
    const asFlag = (text: string) =>
      text === 'true' ? true : text === 'false' ? false : undefined;
    return this.text(name, asFlag, 'true, false') ?? byDefault;
  }

  wholeNumber(name: string, byDefault: number, least: number, most: number): number {
    const asNumber = (text: string) => {
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    };
    return this.text(name, asNumber, `a whole number from ${least} to ${most}`) ?? byDefault;
  }

  /** The default is the first of `choices`. */
  choice<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const asChoice = (text: string) => choices.find((choice) => choice === text);
    return this.text(name, asChoice, choices.join(', ')) ?? choices[0];
  }

  /** Like `text`, for a setting that has no default. */
  required(name: string, parse: (text: string) => string | undefined, allowed: string): string {
    if (this.#get(name) === undefined) this.fault(name, 'nothing', allowed);
    return this.text(name, parse, allowed) ?? '';
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** An empty text counts as not set. */
  #get(name: string): string | undefined {
    const text = this.#env[name];
    return text === '' ? undefined : text;
  }
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/]*@/g, '//[hidden]@');
}

/** Returns a `PLAIN_URL` without its trailing slashes, and undefined for any other text. */
export function asPlainUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  const isPlain = url.username === '' && url.password === '' && !/[?#\s]/.test(text);
  return isPlain ? url.href.replace(/\/+$/, '') : undefined;
}

export const PLAIN_URL = 'an http or https URL without credentials, query and hash';
