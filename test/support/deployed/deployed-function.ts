/** The functions of a deployed stack: found by their names in the template, invoked, and given other settings. */
import { type AwsAccount, askAws, callAws } from './aws-call.ts';

interface Logging {
  readonly LogGroup: string;
  /** Of what the platform writes; set where the format is JSON. */
  readonly SystemLogLevel?: string;
}

interface FunctionSettings {
  readonly Role: string;
  readonly LoggingConfig?: Partial<Logging>;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
}

export class DeployedFunction {
  readonly name: string;
  readonly #account: AwsAccount;

  constructor(account: AwsAccount, name: string) {
    this.#account = account;
    this.name = name;
  }

  /** Waits for its answer. @throws where it ends with an error, with that */
  async invoke<Body>(event: object = {}): Promise<Body> {
    const answer = await callAws(this.#account, {
      service: 'lambda',
      method: 'POST',
      path: `/2015-03-31/functions/${this.name}/invocations`,
      body: JSON.stringify(event),
    });
    if (answer.status !== 200 || answer.headers['x-amz-function-error'] !== undefined) {
      throw new Error(`${this.name} ended with ${answer.status}: ${answer.body}`);
    }
    return JSON.parse(answer.body.toString()) as Body;
  }

  async roleArn(): Promise<string> {
    return (await this.#settings()).Role;
  }

  async logging(): Promise<Logging> {
    return { LogGroup: `/aws/lambda/${this.name}`, ...(await this.#settings()).LoggingConfig };
  }

  async environment(): Promise<Readonly<Record<string, string>>> {
    return (await this.#settings()).Environment?.Variables ?? {};
  }

  /** Runs `work` while these settings are laid over its own. */
  async withSettings(
    settings: Readonly<Record<string, string>>,
    work: () => Promise<void>,
  ): Promise<void> {
    const own = await this.environment();
    await this.#setEnvironment({ ...own, ...settings });
    try {
      await work();
    } finally {
      await this.#setEnvironment(own);
    }
  }

  #settings(): Promise<FunctionSettings> {
    return askAws(this.#account, {
      service: 'lambda',
      method: 'GET',
      path: `${this.#path()}/configuration`,
    });
  }

  async #setEnvironment(Variables: Readonly<Record<string, string>>): Promise<void> {
    const body = JSON.stringify({ Environment: { Variables } });
    await askAws(this.#account, {
      service: 'lambda',
      method: 'PUT',
      path: `${this.#path()}/configuration`,
      body,
    });
  }

  #path(): string {
    return `/2015-03-31/functions/${this.name}`;
  }
}
