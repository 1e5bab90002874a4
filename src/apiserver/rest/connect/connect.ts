/** Handlers of what connects through the API server to nodes, pods and Services; see the files beside. */
export {};
