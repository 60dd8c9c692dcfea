/** An issuer of OpenID Connect with keys of its own, on loopback: discovery, keys, and tokens as CI systems make them. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface Signing {
  readonly alg?: 'RS256' | 'ES256' | 'ES384' | 'PS256';
  readonly kid?: string | undefined;
  /** @default the issuer's own of this algorithm */
  readonly key?: CryptoKey | Uint8Array;
  readonly header?: Readonly<Record<string, unknown>>;
}

export class OidcIssuer {
  readonly #server: Server;
  #published: readonly JWK[] = [];
  readonly #private = new Map<string, CryptoKey>();
  /** What `/jwks` answers; a test may change it. */
  jwks: JWK[] = [];
  /** How often the keys were asked for. */
  reads = 0;
  /** In the place of the discovery document. */
  discovery: ((response: ServerResponse) => void) | undefined;
  /** In the place of the keys. */
  keys: ((response: ServerResponse) => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<OidcIssuer> {
    const server = createServer();
    const issuer = new OidcIssuer(server);
    for (const alg of ['RS256', 'ES256', 'ES384', 'PS256'] as const) await issuer.addKey(alg, alg);
    issuer.#published = [...issuer.jwks];
    server.on('request', ({ url }, response) => issuer.#answer(url ?? '', response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  /** As it was at its start. */
  reset(): void {
    this.jwks = [...this.#published];
    this.reads = 0;
    this.discovery = undefined;
    this.keys = undefined;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async addKey(alg: string, kid: string, publishes = true): Promise<CryptoKey> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    this.#private.set(kid, privateKey);
    if (publishes) this.jwks.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
    return privateKey;
  }

  async sign(claims: Readonly<Record<string, unknown>>, signing: Signing = {}): Promise<string> {
    const { alg = 'RS256', header = {} } = signing;
    const kid = 'kid' in signing ? signing.kid : alg;
    const key = signing.key ?? this.#private.get(kid ?? alg) ?? this.#private.get(alg);
    if (key === undefined) throw new Error(`there is no key ${kid}`);
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }), typ: 'JWT', ...header })
      .sign(key);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #answer(path: string, response: ServerResponse): void {
    const found = { issuer: this.url, jwks_uri: `${this.url}/jwks` };
    if (path === '/.well-known/openid-configuration')
      (this.discovery ?? ((to) => json(to, found)))(response);
    else if (path === '/jwks') {
      this.reads += 1;
      (this.keys ?? ((to) => json(to, { keys: this.jwks })))(response);
    } else response.writeHead(404).end();
  }
}

export function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

let jobs = 0;

/** The claims of a job of GitHub Actions: https://docs.github.com/en/actions/reference/security/oidc */
export function githubClaims(issuer: string, audience: string, now: Date) {
  const seconds = Math.floor(now.getTime() / 1000);
  return {
    iss: issuer,
    aud: audience,
    sub: 'repo:acme@42/tool@4711:ref:refs/tags/v1.4.0',
    jti: `job-${++jobs}`,
    iat: seconds,
    nbf: seconds - 300,
    exp: seconds + 300,
    ref: 'refs/tags/v1.4.0',
    ref_type: 'tag',
    sha: '9f2c1d7e',
    repository: 'acme/tool',
    repository_owner: 'acme',
    repository_id: '4711',
    repository_owner_id: '42',
    run_id: '123',
    run_attempt: '1',
    event_name: 'push',
    environment: 'prod',
    workflow_ref: 'acme/tool/.github/workflows/release.yml@refs/tags/v1.4.0',
    job_workflow_ref: 'acme/tool/.github/workflows/release.yml@refs/tags/v1.4.0',
    runner_environment: 'github-hosted',
  };
}
