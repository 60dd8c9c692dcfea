/** Manners of other people's S3 servers, as a proxy before a real one shows them: what each does otherwise, and nothing else. */
import { type Fault, type FaultProxy, says } from './fault-proxy.ts';

export const LIST_UPLOADS = { method: 'GET', url: /[?&]uploads(?:[=&]|$)/ } as const;
export const LIST_PARTS = { method: 'GET', url: /[?&]uploadId=/ } as const;
export const JOIN = { method: 'POST', url: /[?&]uploadId=/ } as const;
export const LIFECYCLE = { url: /[?&]lifecycle/ } as const;

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

/** As SeaweedFS: every part is listed twice, and the second copy is of bytes that were sent a minute before. */
export function listsPartsTwice(proxy: FaultProxy): void {
  const older = (part: string) =>
    part
      .replace(/<ETag>[^<]*<\/ETag>/, '<ETag>"00000000000000000000000000000000"</ETag>')
      .replace(/<LastModified>([^<]*)<\/LastModified>/, (_, time: string) => {
        const before = new Date(Date.parse(time) - 60_000).toISOString();
        return `<LastModified>${before}</LastModified>`;
      });
  const twice = (body: string) =>
    body.replace(/<Part>[\s\S]*?<\/Part>/g, (part) => `${part}${older(part)}`);
  proxy.spoil(LIST_PARTS, ({ pass }) => pass({ rewrite: twice }));
}

/** As MinIO, which takes no rule that aborts uploads. */
export function knowsNoLifecycle(proxy: FaultProxy): void {
  proxy.spoil({ ...LIFECYCLE, method: 'PUT' }, says(400, 'InvalidArgument'));
  proxy.spoil({ ...LIFECYCLE, method: 'GET' }, says(404, 'NoSuchLifecycleConfiguration'));
}

/** Every connection breaks: the store is away until `mend`. */
export const isAway: Fault = ({ incoming }) => void incoming.socket.destroy();
