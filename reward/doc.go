package reward
