import i18next from 'i18next';
import { chosenWorkspace } from './workspace';

/** The zones of the person's workspaces, in which their pages show times. */
let zones = new Map<string, string>();

export function knowZones(workspaces: { id: string; zone: string }[]): void {
  zones = new Map(workspaces.map(({ id, zone }) => [id, zone]));
}

/**
 * Who reads the answers: the server says its sentences in the app's language, and the times in them in the zone that the page
 * shows, which is the workspace's; in the browser's before anyone is signed in.
 */
export function readerHeaders(workspace: string | undefined = chosenWorkspace()): Record<string, string> {
  const { language } = i18next;
  const [first] = zones.values();
  const zone = zones.get(workspace ?? '') ?? first ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { ...(language ? { 'accept-language': language } : {}), ...(zone ? { 'time-zone': zone } : {}) };
}
