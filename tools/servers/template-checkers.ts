/** What reads templates as CloudFormation and SAM would, without an account: cfn-lint, and the SAM CLI, which brings a cfn-lint along anyway. */
import type { Installable } from './installable.ts';
import { hasPythonProgram, installPython, pythonProgram } from './python-environment.ts';

/** A release of cfn-lint knows the resources of AWS as they were on its day: another one may find other things. */
const CFN_LINT = '1.58.0';
const SAM = '1.170.0';
const ENVIRONMENT = `cfn-lint-${CFN_LINT}-sam-${SAM}`;

export function cfnLint(): string {
  return pythonProgram(ENVIRONMENT, 'cfn-lint');
}

export function samCli(): string {
  return pythonProgram(ENVIRONMENT, 'sam');
}

export const templateCheckers: Installable = {
  name: 'cfn-lint-and-sam',
  takes: `Python 3.11 or later with venv, and pip install cfn-lint==${CFN_LINT} aws-sam-cli==${SAM}`,
  isThere: () => hasPythonProgram(ENVIRONMENT, 'cfn-lint') && hasPythonProgram(ENVIRONMENT, 'sam'),
  install: () => installPython(ENVIRONMENT, [`cfn-lint==${CFN_LINT}`, `aws-sam-cli==${SAM}`]),
};
