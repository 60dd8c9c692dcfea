/** Reads single settings out of text and collects what is wrong with them; knows no name of any. */
import { ServiceError, shorten } from '../../core/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @throws INVALID_INPUT with one line for every fault: name, what was given (never a secret), what is
 *   allowed
 */
export function readAll<Read>(env: Environment, read: (reader: SettingsReader) => Read): Read {
  const reader = new SettingsReader(env);
  const settings = read(reader);
  if (reader.faults.length === 0) return settings;
  throw new ServiceError('INVALID_INPUT', `these settings are wrong:\n${reader.faults.join('\n')}`);
}

/** After a fault the default is given back, so that the next setting can be looked at; the caller throws at the end. */
export class SettingsReader {
  readonly #env: Environment;
  readonly #faults: string[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  /** @param got as the message shows it, never a secret */
  fault(name: string, got: string, allowed: string): void {
    this.#faults.push(`${name}: got ${got}, allowed: ${allowed}`);
  }

  /** @param parse gives undefined for what is not allowed */
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

  /** Like `text`; what was got is not shown. */
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

  /** The first of `choices` where nothing is set. */
  choice<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
    const asChoice = (text: string) => choices.find((choice) => choice === text);
    return this.text(name, asChoice, choices.join(', ')) ?? choices[0];
  }

  /** Something must be set. */
  required(name: string, parse: (text: string) => string | undefined, allowed: string): string {
    if (this.#get(name) === undefined) this.fault(name, 'nothing', allowed);
    return this.text(name, parse, allowed) ?? '';
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** The empty text means: not set. */
  #get(name: string): string | undefined {
    const text = this.#env[name];
    return text === '' ? undefined : text;
  }
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/]*@/g, '//[hidden]@');
}
