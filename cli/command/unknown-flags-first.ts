/** Makes commander look at unknown flags before missing ones: `--vresion` is a mistyped `--version`. */
import type { Command, Option } from 'commander';

/** What commander has, and its types leave out. */
interface Checks {
  unknownOption(flag: string): void;
  missingMandatoryOptionValue(option: Option): void;
}

/** For a command and all commands below it. */
export function checkUnknownFlagsFirst(command: Command): void {
  const checks = command as Command & Checks;
  const report = checks.missingMandatoryOptionValue.bind(command);
  checks.missingMandatoryOptionValue = (option) => {
    const unknown = command.args.find((word) => /^--?[^-]/.test(word));
    if (unknown !== undefined) checks.unknownOption(unknown);
    report(option);
  };
  command.commands.forEach(checkUnknownFlagsFirst);
}
