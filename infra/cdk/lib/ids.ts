import { CfnElement } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Gives all that stands in a construct the ids that it has in the template: so a stack moves between the two without replacing anything, and
 * runbooks hold for both. @internal
 */
export function nameLikeTheTemplate(scope: Construct): void {
  for (const construct of scope.node.findAll()) {
    if (CfnElement.isCfnElement(construct)) {
      const parts = construct.node.path.slice(scope.node.path.length + 1).split('/');
      construct.overrideLogicalId(parts.filter((part) => part !== 'Resource').join(''));
    }
  }
}
