/**
 * Sends signed requests to CloudFront, whose client of the SDK takes longer to load than a function
 * with all the rest: docs/decisions/0047.
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Operations_Amazon_CloudFront.html
 */
import { withoutUndefined } from '../../core/without-undefined.ts';
import { AwsClient, type AwsClientOptions, AwsError, type AwsRequest } from '../aws/aws-client.ts';
import { elementsIn, textIn } from '../xml/elements.ts';

export interface CloudFrontReply {
  readonly xml: string;
  /** Names the version of a resource, for `change` and `remove`. */
  readonly etag: string;
}

const VERSION = '2020-05-31';
const XMLNS = `http://cloudfront.amazonaws.com/doc/${VERSION}/`;
/** Longer than the default: requests to CloudFront are rare, and their callers wait. */
const TIMEOUT_MS = 10_000;
/** What the answers hold that are read here. */
const ANSWER = /<(?:Invalidation|KeyGroup|PublicKey)(?:List)?[\s>]/;

export class CloudFront {
  readonly #client: AwsClient;

  /** @param options `region` is that of the caller: the partition follows from it */
  constructor(options: AwsClientOptions) {
    const { endpoint } = options;
    this.#client = new AwsClient('cloudfront', {
      timeoutMs: TIMEOUT_MS,
      ...options,
      ...placeFor(options.region),
      ...withoutUndefined({ endpoint }),
    });
  }

  /** Where requests go. */
  get host(): string {
    return this.#client.host;
  }

  /** @param path after the version of the API: `key-group/ID`. @throws AwsError */
  read(path: string): Promise<CloudFrontReply> {
    return this.#send({ method: 'GET', path });
  }

  /** What the elements of that name hold, in order; a page is asked for when it is needed. @throws AwsError */
  async *list(path: string, name: string): AsyncGenerator<string> {
    let marker: string | undefined;
    do {
      const query = withoutUndefined({ Marker: marker });
      const { xml } = await this.#send({ method: 'GET', path, query });
      yield* elementsIn(xml, name);
      marker = textIn(xml, 'NextMarker');
    } while (marker !== undefined);
  }

  /** @param root name of the outermost element. @param inner what it holds. @throws AwsError */
  create(path: string, root: string, inner: string): Promise<CloudFrontReply> {
    return this.#send({ method: 'POST', path, ...xmlBody(root, inner) });
  }

  /** As `create`. @param etag of the version that is replaced. @throws AwsError */
  change(path: string, root: string, inner: string, etag: string): Promise<CloudFrontReply> {
    const { headers, body } = xmlBody(root, inner);
    return this.#send({ method: 'PUT', path, headers: { ...headers, 'if-match': etag }, body });
  }

  /** @param etag of the version that is removed. @throws AwsError */
  async remove(path: string, etag: string): Promise<void> {
    await this.#send({ method: 'DELETE', path, headers: { 'if-match': etag } });
  }

  async #send({ path, ...request }: AwsRequest): Promise<CloudFrontReply> {
    const { text: xml, headers } = await this.#client.send({
      ...request,
      path: `/${VERSION}/${path}`,
    });
    // From a portal, say, that answers in place of AWS: a list without keys would look like that.
    if (request.method !== 'DELETE' && !ANSWER.test(xml))
      throw new AwsError({ name: 'SyntaxError', message: 'the answer is none of CloudFront' }, 1);
    return { xml, etag: headers.etag ?? '' };
  }
}

function xmlBody(root: string, inner: string) {
  return {
    headers: { 'content-type': 'application/xml' },
    body: `<${root} xmlns="${XMLNS}">${inner}</${root}>`,
  };
}

/**
 * CloudFront has one endpoint per partition.
 * https://docs.aws.amazon.com/general/latest/gr/cf_region.html
 */
function placeFor(region: string): { readonly endpoint: string; readonly region: string } {
  return region.startsWith('cn-')
    ? { endpoint: 'https://cloudfront.cn-northwest-1.amazonaws.com.cn', region: 'cn-northwest-1' }
    : { endpoint: 'https://cloudfront.amazonaws.com', region: 'us-east-1' };
}
