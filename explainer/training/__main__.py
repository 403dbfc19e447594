import sys

from explainer.training.command import main

sys.exit(main())
