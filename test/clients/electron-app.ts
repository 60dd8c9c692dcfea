/** What electron-updater needs of Electron, made of Node: an app, and the HTTP client `net`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import {
  configureRequestOptions,
  configureRequestUrl,
  type DownloadOptions,
  HttpExecutor,
} from 'builder-util-runtime';
import type { AppUpdater } from 'electron-updater';
import type { AppAdapter } from 'electron-updater/out/AppAdapter.js';

/** The cache folder of the app that app-update.yml names. */
export const CACHE_NAME = 'stowage-test-updater';

/** An installed app. @param config app-update.yml, which electron-builder writes into the app */
export async function installApp(
  folder: string,
  version: string,
  config: Readonly<Record<string, unknown>>,
): Promise<AppAdapter> {
  const appUpdateConfigPath = join(folder, 'app-update.yml');
  const lines = Object.entries({ updaterCacheDirName: CACHE_NAME, ...config });
  const yaml = lines.map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join('');
  await mkdir(join(folder, CACHE_NAME), { recursive: true });
  await writeFile(appUpdateConfigPath, yaml);
  return {
    version,
    name: 'App',
    isPackaged: true,
    appUpdateConfigPath,
    userDataPath: join(folder, 'user-data'),
    baseCachePath: folder,
    whenReady: async () => {},
    relaunch() {},
    quit() {},
    onQuit() {},
  };
}

/** Lets an updater run in Node, as on `platform`. @returns what it logs */
export function runInNode(updater: AppUpdater, platform: NodeJS.Platform): readonly string[] {
  const log: string[] = [];
  const write = (message: unknown) => log.push(String(message));
  updater.logger = { info: write, warn: write, error: write };
  updater.autoDownload = false;
  // The platform chooses the name of the feed. It is asked for while the updater looks for one.
  const inside = updater as unknown as { httpExecutor: unknown; _testOnlyOptions: unknown };
  inside.httpExecutor = new NodeHttpExecutor();
  inside._testOnlyOptions = { platform };
  updater.once('update-available', () => {
    inside._testOnlyOptions = null;
  });
  return log;
}

/** As ElectronHttpExecutor, over node:http in the place of Electron's `net`. */
class NodeHttpExecutor extends HttpExecutor<ClientRequest> {
  download(url: URL, destination: string, options: DownloadOptions): Promise<string> {
    return options.cancellationToken.createPromise((resolve, reject, onCancel) => {
      const asked: RequestOptions = { ...(options.headers && { headers: options.headers }) };
      configureRequestUrl(url, asked);
      configureRequestOptions(asked);
      const callback = (error?: Error | null) => (error ? reject(error) : resolve(destination));
      this.doDownload(
        asked,
        { destination, options, onCancel, callback, responseHandler: null },
        0,
      );
    });
  }

  /** Where the caller listens to `redirect`, it changes its options and calls `followRedirect`, as with `net`. */
  createRequest(options: RequestOptions, callback: (response: IncomingMessage) => void) {
    const sent: ClientRequest & { followRedirect?: () => void } = request(
      { ...options, agent: false },
      (response) => {
        const { statusCode = 0, headers } = response;
        if (headers.location === undefined || sent.listenerCount('redirect') === 0) {
          callback(response);
          return;
        }
        response.resume();
        // Chromium drops it where the origin changes; the disk gateway is of the same origin.
        sent.followRedirect = () => {
          const { authorization: _, ...kept } = options.headers as Record<string, string>;
          this.createRequest({ ...options, headers: kept }, callback).end();
        };
        sent.emit('redirect', statusCode, 'GET', headers.location);
      },
    );
    return sent;
  }
}
