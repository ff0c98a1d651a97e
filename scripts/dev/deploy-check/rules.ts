import type { Deployment } from './deployments/deployment.ts'
import type { ImageFacts } from './dockerfile.ts'
import type { Outcome } from './environment.ts'
import type { Project } from './project.ts'

/** All a rule may look at. */
export interface Context {
  project: Project
  image: ImageFacts
  outcome: Outcome
}

/** A question to one deployment; the answer is what is wrong, or nothing. */
export interface Rule {
  id: string
  /** What holds when it passes. */
  title: string
  /** For which deployments it means nothing. */
  skip?: (deployment: Deployment, context: Context) => boolean
  check: (deployment: Deployment, context: Context) => string[]
}
