import * as vscode from 'vscode';

/** What stands beside each of Weir's diagnostics. */
const SOURCE = 'weir';

/** One place of a finding's path. */
export interface Step {
  location: vscode.Location;
  message: string;
}

/** A finding, read from the diagnostic that every client is sent. */
export interface Finding {
  uri: vscode.Uri;
  range: vscode.Range;
  rule: string;
  message: string;
  severity: vscode.DiagnosticSeverity;
  /** From source to sink; empty for a finding without a path. */
  steps: Step[];
}

/** The findings in a document, from top to bottom. */
export function findings(uri: vscode.Uri): Finding[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter((diagnostic) => diagnostic.source === SOURCE)
    .map((diagnostic) => ({
      uri,
      range: diagnostic.range,
      rule: rule(diagnostic),
      message: diagnostic.message,
      severity: diagnostic.severity,
      steps: diagnostic.relatedInformation ?? [],
    }))
    .sort((a, b) => a.range.start.compareTo(b.range.start));
}

/** Those at a place, innermost first. */
export function at(uri: vscode.Uri, position: vscode.Position): Finding[] {
  return findings(uri)
    .filter((finding) => finding.range.contains(position))
    .sort((a, b) => (a.range.contains(b.range) ? 1 : -1));
}

function rule({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : (code ?? ''));
}
