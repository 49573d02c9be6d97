export { Downriver } from './downriver';
export type { Code, CodeInBucket, CodeInDirectory } from './code';
export type { DownriverFunctions } from './functions';
export { DownriverNotifications } from './notifications';
export type { DownriverNotificationsProps, Told, Webhook } from './notifications';
export type { DownriverProps, Endpoints, LogLevel } from './props';
export type { DownriverQueues } from './queues';
export { DownriverSpoke, type DownriverSpokeProps, type Hub } from './spoke';
export { VERSION } from './version';
