/** The port on which Prometheus reads the metrics: of its own, so that clients can't reach it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '../../core/errors.ts';
import type { MetricsConfig } from '../../core/settings.ts';
import { CONTENT_TYPE } from './exposition.ts';

export class MetricsServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param read makes the text of the metrics
   * @throws UNAVAILABLE that names METRICS_PORT and METRICS_HOST
   */
  static async listen(
    { host, port }: MetricsConfig,
    read: () => Promise<string>,
  ): Promise<MetricsServer> {
    const server = createServer((request, response) => void answer(request, response, read));
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ServiceError(
        'UNAVAILABLE',
        `METRICS_PORT ${port} of METRICS_HOST ${host} can't be used (${why}); set METRICS_PORT to another (0 for any)`,
        { cause: error },
      );
    }
    return new MetricsServer(server);
  }

  /** Where the metrics are, on this machine. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    return `http://${host}:${port}/metrics`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  read: () => Promise<string>,
): Promise<void> {
  const [path] = (request.url ?? '/').split('?');
  const isThere = path === '/metrics' && ['GET', 'HEAD'].includes(request.method ?? '');
  const text = isThere ? await read() : 'GET /metrics is here, and nothing else\n';
  response.writeHead(isThere ? 200 : 404, {
    'content-type': isThere ? CONTENT_TYPE : 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
