/** Imitates other S3 servers by a proxy before a real one, which changes only what those do differently. */
import { type FaultProxy, says } from './fault-proxy.ts';

const LIST_UPLOADS = { method: 'GET', url: /[?&]uploads(?:[=&]|$)/ } as const;
export const LIST_PARTS = { method: 'GET', url: /[?&]uploadId=/ } as const;
const LIFECYCLE = { url: /[?&]lifecycle/ } as const;

/** Every answer names another server. */
export function namesItself(proxy: FaultProxy, server: string): void {
  proxy.spoil({}, ({ pass }) => pass({ answerHeaders: { server } }));
}

/** As MinIO, which lists uploads of one key alone: under any other prefix there seem to be none. */
export function listsNoUploads(proxy: FaultProxy): void {
  const none = (body: string) => body.replace(/<Upload>[\s\S]*?<\/Upload>/g, '');
  proxy.spoil(LIST_UPLOADS, ({ pass }) => pass({ rewrite: none }));
}

/** As s3s-fs. */
export function knowsNoListOfUploads(proxy: FaultProxy): void {
  proxy.spoil(LIST_UPLOADS, says(501, 'NotImplemented'));
}

/** As SeaweedFS: parts are listed without the checksums that they were sent with. */
export function listsNoPartChecksums(proxy: FaultProxy): void {
  proxy.spoil(LIST_PARTS, ({ pass }) =>
    pass({ rewrite: (body) => body.replace(/<(Checksum\w+)>[^<]*<\/\1>/g, '') }),
  );
}

/** As MinIO, which takes no rule that aborts uploads. */
export function knowsNoLifecycle(proxy: FaultProxy): void {
  proxy.spoil({ ...LIFECYCLE, method: 'PUT' }, says(400, 'InvalidArgument'));
  proxy.spoil({ ...LIFECYCLE, method: 'GET' }, says(404, 'NoSuchLifecycleConfiguration'));
}
