/** The list of all that is in the executable, in CycloneDX: what a package has, and Node. */
import { NODE_RELEASE } from '../binary/official-node.ts';
import { type Component, makeSbom, type Sbom } from './sbom.ts';

interface NodeComponent extends Component {
  readonly type: string;
  readonly 'bom-ref': string;
  readonly purl: string;
}

const PURL = `pkg:github/nodejs/node@v${NODE_RELEASE}`;

export function sbomOfExecutable(root: string): Sbom {
  const sbom = makeSbom(root);
  const node: NodeComponent = {
    type: 'platform',
    'bom-ref': PURL,
    name: 'node',
    version: NODE_RELEASE,
    purl: PURL,
    licenses: [{ license: { id: 'MIT' } }],
  };
  return { ...sbom, components: [...sbom.components, node] };
}
