/** Reads the error responses that S3, CloudFront and SNS write in XML. */
import { withoutUndefined } from '../../core/without-undefined.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
const CODE_ELEMENT = /<Code>\s*(\w{1,80})\s*<\/Code>/;
const MESSAGE_ELEMENT = /<Message>([^<]{1,1000})/;

/** Code and message of an error response; empty if it has none. */
export function parseErrorXml(body: string): { readonly code?: string; readonly message?: string } {
  return withoutUndefined({
    code: CODE_ELEMENT.exec(body)?.[1],
    message: MESSAGE_ELEMENT.exec(body)?.[1],
  });
}
