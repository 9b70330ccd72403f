import type { Reporter, TestCase, TestResult } from '@playwright/test/reporter';

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Prints the figures that the workloads note, one a line. */
export default class Figures implements Reporter {
  onBegin(): void {
    say('| figure | median | range | goal |\n|---|---|---|---|');
  }

  onTestEnd(test: TestCase, { annotations, errors }: TestResult): void {
    for (const { type, description } of annotations) say(`| ${type} | ${description} |`);
    for (const { message } of errors) say(`${test.title} could not be measured: ${message}`);
  }

  printsToStdio(): boolean {
    return true;
  }
}
