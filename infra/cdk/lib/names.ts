import { CfnElement } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Gives everything below a construct the logical id that the template gives it. @internal */
export function nameLikeTheTemplate(scope: Construct): void {
  for (const construct of scope.node.findAll()) {
    if (CfnElement.isCfnElement(construct)) {
      const parts = construct.node.path.slice(scope.node.path.length + 1).split('/');
      construct.overrideLogicalId(parts.filter((part) => part !== 'Resource').join(''));
    }
  }
}
