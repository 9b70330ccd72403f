export { ChannelPage } from './ChannelPage';
export { Channels } from './Channels';
