import { greet } from "@acme/greeting";
import { createServer } from "node:http";

createServer((_, response) => response.end(greet("world"))).listen(8080);
