"""Are importances faithful to the network?"""
