import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import i18next from 'i18next';
import { asProblem } from '@/api/problem';
import { SignIn } from '@/rooms/arrive/SignIn';
import { readSearch } from '@/rooms/calendar/model/search';
import { readOutcome } from '@/rooms/channels/outcome';
import { readComposeSearch } from '@/rooms/compose/search';
import { readPostsSearch } from '@/rooms/post/model/list';
import { PLACES } from './navigation';
import { Broken, NotFound, Waiting } from './Outcomes';
import { Root } from './Root';
import { behindTheDoor, rememberInside, whoIsIt } from './session';

/** Every page of the app. Rooms are loaded when first opened. */

const root = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: Broken });

/** The page to return to after signing in. Only paths of this app. */
function ownPath(text: unknown): string | undefined {
  return typeof text === 'string' && /^\/(?![/\\])/.test(text) ? text : undefined;
}

/** Pages for signed-in people: inside the shell, rendered once `me` is loaded. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: lazyRouteComponent(behindTheDoor, 'Shell'),
  pendingComponent: Waiting,
  errorComponent: Broken,
  beforeLoad: async ({ location }) => {
    try {
      const me = await whoIsIt();
      rememberInside(true);
      if (me.workspaces.length === 0) throw redirect({ to: '/no-workspace' });
    } catch (error) {
      if (asProblem(error).slug === 'unauthenticated') {
        rememberInside(false);
        throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { next: location.href } });
      }
      throw error;
    }
  },
});

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: PLACES[0]?.to ?? '/start', replace: true });
  },
});

/**
 * Loads a room together with messages that only its later parts need. Loading those when such a part first renders would
 * unmount the page for a moment and lose the keyboard focus.
 */
function withWords<T>(room: () => Promise<T>, words: string): () => Promise<T> {
  return async () => {
    const [found] = await Promise.all([room(), i18next.loadNamespaces(words)]);
    return found;
  };
}

/* Arrive */
const arrive = () => import('@/rooms/arrive');
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(arrive, 'Setup'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  // Always sets `next`: left out, it would be passed on unchecked.
  validateSearch: (search: { next?: unknown }): { next?: string | undefined } => ({ next: ownPath(search.next) }),
  // Most first visits begin here: it comes with the app, without another trip to the server.
  component: SignIn,
});
const join = createRoute({ getParentRoute: () => root, path: '/join', component: lazyRouteComponent(arrive, 'Join') });
const connectLink = createRoute({
  getParentRoute: () => root,
  path: '/link',
  validateSearch: readOutcome,
  component: lazyRouteComponent(withWords(arrive, 'connect'), 'ConnectLink'),
});
const newPassword = createRoute({
  getParentRoute: () => root,
  path: '/password',
  component: lazyRouteComponent(arrive, 'NewPassword'),
});
const noWorkspace = createRoute({
  getParentRoute: () => root,
  path: '/no-workspace',
  component: lazyRouteComponent(arrive, 'NoWorkspace'),
});
const start = createRoute({
  getParentRoute: () => inside,
  path: '/start',
  component: lazyRouteComponent(withWords(arrive, 'connect'), 'Start'),
});

/* Calendar */
const calendar = createRoute({
  getParentRoute: () => inside,
  path: '/calendar',
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import('@/rooms/calendar'), 'Calendar'),
});

/* Channels. Consent pages return to the first route. */
const channelsRoom = withWords(() => import('@/rooms/channels'), 'connect');
const channels = createRoute({
  getParentRoute: () => inside,
  path: '/channels',
  validateSearch: readOutcome,
  component: lazyRouteComponent(channelsRoom, 'Channels'),
});
const channel = createRoute({
  getParentRoute: () => inside,
  path: '/channels/$channel',
  validateSearch: (search: { back?: unknown }): { back?: boolean | undefined } => ({
    back: search.back === true ? true : undefined,
  }),
  component: lazyRouteComponent(channelsRoom, 'ChannelPage'),
});

/* Settings */
const settingsRoom = withWords(() => import('@/rooms/settings'), 'connect');
const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(settingsRoom, 'Settings'),
});
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/profile', replace: true });
  },
});
const settingsPages = (
  [
    ['/profile', 'Profile'],
    ['/sessions', 'Sessions'],
    ['/workspace', 'WorkspaceSettings'],
    ['/members', 'Members'],
    ['/keys', 'Keys'],
    ['/audit', 'Audit'],
    ['/instance', 'Instance'],
  ] as const
).map(([path, page]) =>
  createRoute({ getParentRoute: () => settings, path, component: lazyRouteComponent(settingsRoom, page) }),
);

/* Help: documents that come with the program, for everyone. */
const help = createRoute({
  getParentRoute: () => root,
  path: '/help/{-$page}',
  component: lazyRouteComponent(() => import('@/rooms/help'), 'Help'),
});

/* Compose */
const compose = createRoute({
  getParentRoute: () => inside,
  path: '/compose/{-$post}',
  validateSearch: readComposeSearch,
  component: lazyRouteComponent(() => import('@/rooms/compose'), 'Compose'),
});

/* Posts: the list and single posts */
const postRoom = () => import('@/rooms/post');
const posts = createRoute({
  getParentRoute: () => inside,
  path: '/posts',
  validateSearch: readPostsSearch,
  component: lazyRouteComponent(postRoom, 'Posts'),
});
const post = createRoute({
  getParentRoute: () => inside,
  path: '/posts/$post',
  component: lazyRouteComponent(postRoom, 'Post'),
});

/** All components in all their states, in development only. */
const design = import.meta.env.DEV
  ? [
      createRoute({
        getParentRoute: () => root,
        path: '/design',
        component: lazyRouteComponent(() => import('@/design/gallery/Gallery'), 'Gallery'),
      }),
    ]
  : [];

export const routes = root.addChildren([
  setup,
  signIn,
  join,
  connectLink,
  newPassword,
  noWorkspace,
  help,
  inside.addChildren([
    home,
    compose,
    calendar,
    posts,
    post,
    start,
    channels,
    channel,
    settings.addChildren([settingsHome, ...settingsPages]),
  ]),
  ...design,
]);
