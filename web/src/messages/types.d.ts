import type arrive from './en/arrive.json';
import type calendar from './en/calendar.json';
import type channels from './en/channels.json';
import type compose from './en/compose.json';
import type connect from './en/connect.json';
import type design from './en/design.json';
import type help from './en/help.json';
import type post from './en/post.json';
import type problems from './en/problems.json';
import type settings from './en/settings.json';
import type shell from './en/shell.json';

/** So that a key which does not exist does not compile. A new file of messages gets a line here. */
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: {
      arrive: typeof arrive;
      calendar: typeof calendar;
      channels: typeof channels;
      compose: typeof compose;
      connect: typeof connect;
      design: typeof design;
      help: typeof help;
      post: typeof post;
      problems: typeof problems;
      settings: typeof settings;
      shell: typeof shell;
    };
  }
}
