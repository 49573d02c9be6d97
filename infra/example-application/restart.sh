#!/bin/sh
exec systemctl restart example
