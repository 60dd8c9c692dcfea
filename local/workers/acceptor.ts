/** Takes the connections of one port, and gives them to several processes in turns. */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { type Address, listenError } from '../http/server.ts';

export class Acceptor {
  readonly #server: Server;

  private constructor(give: (socket: Socket) => void) {
    // Nothing is read before the process that answers has the connection.
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, give);
  }

  /** @throws UNAVAILABLE that names PORT or HOST, when the address cannot be used */
  static listen(address: Address, give: (socket: Socket) => void): Promise<Acceptor> {
    const acceptor = new Acceptor(give);
    const { promise, resolve, reject } = Promise.withResolvers<Acceptor>();
    const refuse = (error: Error) => reject(listenError(error, address));
    acceptor.#server.once('error', refuse);
    acceptor.#server.listen(address.port, address.host, () => {
      acceptor.#server.off('error', refuse);
      resolve(acceptor);
    });
    return promise;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more connections. Those that are there go on. */
  stop(): void {
    this.#server.close();
  }
}
