/** What the runner of GitHub Actions has for its jobs: id tokens that an issuer of a test signs. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { githubClaims, json, type OidcIssuer } from './oidc-issuer.ts';

export class GithubRunner {
  readonly #server: Server;
  readonly #issuer: OidcIssuer;
  /** Claims that differ from those of the job. */
  changed: object = {};

  private constructor(server: Server, issuer: OidcIssuer) {
    this.#server = server;
    this.#issuer = issuer;
  }

  static async start(issuer: OidcIssuer): Promise<GithubRunner> {
    const server = createServer();
    const runner = new GithubRunner(server, issuer);
    server.on('request', async ({ headers, url = '' }, response) => {
      const audience = new URL(url, 'http://runner').searchParams.get('audience') ?? '';
      if (headers.authorization !== 'Bearer of the runner') return response.writeHead(401).end();
      return json(response, { value: await issuer.sign(runner.#claims(audience)) });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return runner;
  }

  /** The variables of a job that may have an id token. */
  get env(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of the runner',
    };
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #claims(audience: string): Readonly<Record<string, unknown>> {
    return { ...githubClaims(this.#issuer.url, audience, new Date()), ...this.changed };
  }
}
