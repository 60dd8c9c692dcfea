/** Binds a request that we send ourselves to the SHA-256 that its body is known to have, which the SDK would else calculate once more. */
import type { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';

/** The signature covers it, and a store of any kind checks the body against it. @param sha256 64 lower-case hex digits */
export function bindPayload(command: PutObjectCommand | UploadPartCommand, sha256: string): void {
  const { middlewareStack } = command as PutObjectCommand;
  middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { readonly headers: Record<string, string> };
      headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'bindPayload' },
  );
}
